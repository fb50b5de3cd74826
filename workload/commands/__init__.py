"""The commands, by group. Thin: options in, one call, words out."""
