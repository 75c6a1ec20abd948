"""The pictures of the README and the docs, made from the real programs: `make pictures`.

`terminal.svg` shows commands as they ran, with what they printed; `page-light.png` and `page-dark.png` show the mock's
page after a few calls. Nothing in them is drawn by hand.
"""
