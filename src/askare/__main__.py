"""`python -m askare` is the command `askare`."""

from askare.cli import main

main()
