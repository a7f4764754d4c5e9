#!/bin/sh
# SQLAlchemy 2.1.9 and 2.0.36: a bind parameter in an UPDATE's WHERE clause that bears the
# name of a column of the table.
#
# In a plain UPDATE both refuse it with a CompileError, which says to rename it. In an
# UPDATE inside a CTE, as in "WITH counted AS (UPDATE ... RETURNING ...) SELECT ...",
# 2.0.36 refuses it too, but 2.1.9 does not. It adds the column to the SET clause, so the
# rows that are found get a new value in the very column by which they were looked for.
# Rename the parameter.
#
# Output seen:
#   2.1.9   plain: CompileError, in a CTE: SET key=
#   2.0.36  plain: CompileError, in a CTE: CompileError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 2.1.9 2.0.36; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/python" -m pip install --quiet --disable-pip-version-check \
        "sqlalchemy==$version" 2>"$folder/log" || { cat "$folder/log"; exit 1; }
    "$folder/$version/bin/python" - <<'PYTHON' >"$folder/seen"
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

inbox = sa.Table(
    "inbox",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(8)),
    sa.Column("copies", sa.Integer),
)


def count():
    return (
        sa.update(inbox)
        .where(inbox.c.key == sa.bindparam("key"))
        .values(copies=inbox.c.copies + 1)
        .returning(inbox.c.id)
    )


def compiled(statement):
    # As an execution with {"key": ...} compiles it.
    dialect = postgresql.dialect()
    return " ".join(str(statement.compile(dialect=dialect, column_keys=["key"])).split())


def seen(statement):
    try:
        text = compiled(statement)
    except sa.exc.CompileError:
        return "CompileError"
    return "SET key=" if "UPDATE inbox SET key=" in text else text


in_cte = sa.select(sa.func.count()).select_from(count().cte("counted"))
print(sa.__version__, f"plain: {seen(count())}, in a CTE: {seen(in_cte)}")
PYTHON
    cat "$folder/seen" >>"$folder/all"
done
cat "$folder/all"
diff - "$folder/all" <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
2.1.9 plain: CompileError, in a CTE: SET key=
2.0.36 plain: CompileError, in a CTE: CompileError
SEEN
