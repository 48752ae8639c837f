"""The main job without a window: a whole show, played and measured (`gshop-studio demo`)."""
