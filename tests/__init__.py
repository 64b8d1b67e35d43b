"""The checks of the suite itself. Whoever practises does not need them."""
