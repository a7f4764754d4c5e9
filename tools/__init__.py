"""What writes the files of ``flask_antom/translations``: ``make words``."""
