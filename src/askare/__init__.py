"""Askare: one self-hosted server for the working day of an agency or a contact centre."""

__version__ = "0.1.0"
