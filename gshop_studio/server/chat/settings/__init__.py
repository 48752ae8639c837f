"""How a show's chat is kept: slow mode, followers only, links, blocked words."""
