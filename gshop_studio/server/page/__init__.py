"""The buyers' page as files: HTML, modules, styles and texts, with the headers that make a browser strict."""
