"""`python -m octavo`: the command, where it is not on the path."""

from octavo.cli.main import main

if __name__ == "__main__":
    main()
