"""A provider without money that behaves like one with: what it does with a charge is chosen by the token."""
