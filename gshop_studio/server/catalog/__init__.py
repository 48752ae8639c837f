"""The sellers' catalogue: products and their pictures."""
