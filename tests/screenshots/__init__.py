"""`make screenshots`: the window and the page in three languages, two themes, two sizes, into build/screenshots."""
