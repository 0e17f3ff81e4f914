"""The metadata that all tables share: names of constraints, and the type of ids."""

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
})  # fmt: skip
BigId = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself on SQLite
