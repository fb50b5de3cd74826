"""Time-use sheets in every layout we know: which layout it is and why, what was written, and what is wrong."""

from workload.ingest.survey.items import ItemMap, read_mappings
from workload.ingest.survey.layouts import SurveyLayout, load_layouts
from workload.ingest.survey.reading import SurveyContext, SurveyReading, SurveySheet, read_survey
from workload.ingest.survey.register import match_register

__all__ = [
    "ItemMap",
    "SurveyContext",
    "SurveyLayout",
    "SurveyReading",
    "SurveySheet",
    "load_layouts",
    "match_register",
    "read_mappings",
    "read_survey",
]
