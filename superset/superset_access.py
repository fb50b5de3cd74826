"""What a reader may ask of a dataset, beyond what Superset itself checks.

Two gaps are closed. A dashboard given to a role opens, in Superset, the datasets of its charts as well: here the
dataset must be given too. And the chart API takes SQL expressions from whoever may read a chart, some of which run a
query of their own past the row rules (`query_to_xml('SELECT …')`): here a reader's query may hold only SQL that a saved
chart of that dataset holds already.
"""

from collections.abc import Iterator
from typing import Any

from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
from superset.exceptions import SupersetSecurityException
from superset.security import SupersetSecurityManager
from superset.utils import json

NAMES = ("columns", "groupby", "metrics")  # some of Superset takes a name it does not know for SQL
TIME = "__timestamp"


class ReadingSecurityManager(SupersetSecurityManager):
    def raise_for_access(self, **asked: Any) -> None:
        super().raise_for_access(**asked)
        context, viz = asked.get("query_context"), asked.get("viz")
        target = asked.get("datasource") or getattr(context or viz, "datasource", None)
        if target is None or self.is_admin():
            return
        if not self._is_given(target):
            raise SupersetSecurityException(self.get_datasource_access_error_object(target))
        queries = [query.to_dict() for query in context.queries] if context else [viz.query_obj() or {}] if viz else []
        if any(set(free_sql(query, names_of(target))) - self._saved_sql(target) for query in queries):
            raise SupersetSecurityException(_refusal("Votre rôle ne permet pas d’ajouter du SQL à une requête."))

    def get_datasource_access_error_object(self, datasource: Any) -> SupersetError:
        """What a reader sees in place of a chart; Superset's own sentence is English and names its permissions."""
        return _refusal("Ces données ne sont pas ouvertes à votre rôle.")

    def _is_given(self, target: Any) -> bool:
        """Owning a dataset gives nothing: an administrator who made one may have become somebody else."""
        return self.can_access_schema(target) or self.can_access("datasource_access", target.perm or "")

    def _saved_sql(self, target: Any) -> set[str]:
        from superset.models.slice import Slice

        charts = self.session.query(Slice).filter(
            Slice.datasource_id == target.id, Slice.datasource_type == target.type
        )
        return {expression for chart in charts for expression in chart_sql(chart.params, chart.query_context)}


def _refusal(sentence: str) -> SupersetError:
    return SupersetError(
        error_type=SupersetErrorType.DATASOURCE_SECURITY_ACCESS_ERROR, message=sentence, level=ErrorLevel.WARNING
    )


def names_of(target: Any) -> set[str]:
    """What a query may name without being SQL: columns and metrics of the dataset."""
    return {column.column_name for column in target.columns} | {metric.metric_name for metric in target.metrics}


def free_sql(query: dict[str, Any], names: set[str]) -> Iterator[str]:
    """Every piece of SQL that a query brings along."""
    extras = query.get("extras") or {}
    yield from (text for text in (extras.get("where"), extras.get("having")) if text)
    yield from (found for found in _expressions(query) if found not in names)
    for key in NAMES:
        yield from (name for name in query.get(key) or [] if isinstance(name, str) and name not in names | {TIME})
    for key in ("where", "having"):  # of the older charts' queries
        if isinstance(query.get(key), str) and query[key]:
            yield query[key]


def chart_sql(*documents: str | None) -> Iterator[str]:
    """Every piece of SQL that a saved chart holds, and the conditions as the front end joins them."""
    for document in documents:
        saved = json.loads(document) if document else {}
        yield from _expressions(saved)
        yield from (text for part in _dictionaries(saved) for text in (part.get("where"), part.get("having")) if text)
        for clause in ("WHERE", "HAVING"):
            typed = [
                part["sqlExpression"]
                for part in saved.get("adhoc_filters") or []
                if part.get("expressionType") == "SQL" and part.get("clause") == clause and part.get("sqlExpression")
            ]
            yield " AND ".join(f"({text})" for text in typed)


def _expressions(value: Any) -> Iterator[str]:
    for part in _dictionaries(value):
        if isinstance(expression := part.get("sqlExpression"), str) and expression:
            yield expression


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _dictionaries(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _dictionaries(inner)
