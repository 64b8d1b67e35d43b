"""Rows as SQL, to be put back in one go."""

from collections.abc import Iterator

from sqlalchemy import Connection, MetaData, Text, cast, select


def inserts(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """An INSERT for each table with rows. As text, a value is right for a column of any type."""
    dialect = connection.dialect
    quoted = Text().dialect_impl(dialect).literal_processor(dialect)
    assert quoted
    for table in metadata.sorted_tables:
        found = connection.execute(select(*(cast(column, Text) for column in table.columns))).all()
        if found:
            names = ", ".join(table.columns.keys())
            rows = [[quoted(v) if v is not None else "NULL" for v in row] for row in found]
            values = ", ".join(f"({', '.join(row)})" for row in rows)
            yield f"INSERT INTO {table.name} ({names}) VALUES {values}"
