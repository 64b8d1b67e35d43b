"""The public names of the Session's API that no solution uses, each with the reason."""

INTERNAL = "for SQLAlchemy's own use"
LEGACY = "legacy: the documentation names what is used instead"
NO_EFFECT = "accepted for old code, without an effect"
TOLD = "told in a why, where it belongs"
SUBCLASS = "for those who replace the class itself"
ONE_OF_MANY = "one of many that look at the statement: chapter 28 uses is_select"
LIKE_BEFORE_INSERT = "the rule is that of before_insert, which chapter 28 teaches"

_BULK = {
    "bulk_insert_mappings": LEGACY,
    "bulk_save_objects": LEGACY,
    "bulk_update_mappings": LEGACY,
    "close_all": LEGACY,  # gone since 2.1
}

LEFT_OUT: dict[str, dict[str, str]] = {
    "Session": {
        **_BULK,
        "autocommit": NO_EFFECT,
        "future": NO_EFFECT,
        "enable_baked_queries": LEGACY,
        "query_cls": LEGACY,
        "connection_callable": INTERNAL,
        "enable_relationship_loading": "undoes the rule that chapter 22 teaches",
    },
    "SessionTransaction": {
        "declare_states": INTERNAL,
        "nested": "says what get_nested_transaction() says: chapter 17",
    },
    "scoped_session": {
        **_BULK,
        "query_property": LEGACY,
        "session_factory": "in a wrong answer of chapter 26: it makes a session that nobody keeps",
    },
    "InstanceState": {
        "callables": INTERNAL,
        "committed_state": "in a wrong answer of chapter 07: history is what to use",
        "extension_type": INTERNAL,
        "get_history": INTERNAL,
        "get_impl": INTERNAL,
        "has_identity": "says what identity says: chapter 07",
        "identity_token": "for sharded sessions, which have an extension of their own",
        "insert_order": INTERNAL,
        **dict.fromkeys(
            [
                *("is_aliased_class", "is_attribute", "is_bundle", "is_clause_element"),
                *("is_instance", "is_mapper", "is_property", "is_selectable"),
            ],
            "for whatever inspect() may return",
        ),
        "load_options": INTERNAL,
        "load_path": INTERNAL,
        "modified": "says that something was set: session.dirty and is_modified(), chapter 04",
        "obj": INTERNAL,
        "parents": INTERNAL,
        "runid": INTERNAL,
        "session_id": INTERNAL,
        "unloaded_expirable": LEGACY,
        "unmodified": INTERNAL,
        "unmodified_intersection": INTERNAL,
    },
    "AttributeState": {
        "load_history": "history, with a SELECT where it is needed: chapter 07 sends none",
        "loaded_value": "value, without a SELECT: chapter 07 uses unloaded for that",
    },
    "ORMExecuteState": {
        "compile_state_cls": INTERNAL,
        "events_todo": INTERNAL,
        "load_options": INTERNAL,
        "update_delete_options": INTERNAL,
        "loader_strategy_path": INTERNAL,
        "identity_token": "for sharded sessions, which have an extension of their own",
        "invoke_statement": "for caches in front of the database: dogpile has an example",
        "parameters": "may be changed from 2.1 on; chapter 28 changes the statement",
        "local_execution_options": ONE_OF_MANY,
        "update_execution_options": ONE_OF_MANY,
        "user_defined_options": ONE_OF_MANY,
        **dict.fromkeys(
            [
                *("all_mappers", "is_column_load", "is_delete", "is_executemany"),
                *("is_from_statement", "is_insert", "is_orm_statement", "is_relationship_load"),
                *("is_update", "lazy_loaded_from"),
            ],
            ONE_OF_MANY,
        ),
    },
    "AsyncSession": {
        "aclose": "close() by another name, for contextlib.aclosing()",
        "close_all": LEGACY,
        "get_async_bind": SUBCLASS,
        "sync_session_class": SUBCLASS,
    },
    "async_scoped_session": {
        "aclose": "close() by another name, for contextlib.aclosing()",
        "close_all": LEGACY,
        "get_async_bind": SUBCLASS,
        "session_factory": "as of scoped_session",
    },
    "AsyncSessionTransaction": {
        "nested": "as of SessionTransaction",
        "start": "for those who do not use `async with`",
        "sync_transaction": "as sync_session, which chapter 33 uses",
    },
    "sessionmaker": {"close_all": LEGACY},
    "InstanceEvents": {
        "first_init": "gone since 2.1",
        "init_failure": "about constructors, not about the session",
        "refresh_flush": "refresh, for what a flush has brought back",
        "unpickle": "pickle, the other way round",
    },
    "MapperEvents": dict.fromkeys(
        ["after_delete", "after_insert", "after_update", "before_delete", "before_update"],
        LIKE_BEFORE_INSERT,
    ),
    "functions": {
        "async_object_session": "as object_session, which chapter 07 uses",
        "flag_modified": TOLD,
        "make_transient": "in three wrong answers of chapter 20: it makes no copy",
        "set_committed_value": "for loaders of one's own",
    },
    "cascades": {
        "refresh-expire": 'a part of "all", which chapter 24 predicts',
        "save-update": "the default, which chapter 23 predicts",
    },
    "execution options": {
        "dml_strategy": "chosen by SQLAlchemy, rightly",
        "render_nulls": "for bulk inserts that are to write NULL where there is a default",
        "schema_translate_map": "needs a database with several schemas",
    },
    "synchronize_session": {
        "auto": "the default, and a wrong answer in chapter 29",
        "evaluate": "a wrong answer in chapter 29",
    },
    "exceptions": {
        "FlushError": "raised for mistakes in listeners and mappings that no kata makes",
        "IllegalStateChangeError": "an InvalidRequestError, which is what chapter 26 expects",
        "ObjectDereferencedError": "rare: chapter 06 teaches what it comes from",
    },
}
