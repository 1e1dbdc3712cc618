"""octavo: from raw text to answers with evidence.

Eight systems ("leaves"), each useful alone. `import octavo` itself loads nothing heavy;
import the leaf you need, for example `from octavo.reading import Reader`.
"""

__version__ = "0.1.0"
