"""The plants and scenarios that ship with the library, as TOML files to read and edit."""
