"""Workbooks that we hand out, in French: time-use sheets, the register of posts, territories, indicators."""

from workload.ingest.templates.counts import write_indicators_template
from workload.ingest.templates.registers import write_posts_template, write_territories_template
from workload.ingest.templates.survey import FORMS, write_survey_templates
from workload.ingest.templates.write import KINDS, write_templates

__all__ = [
    "FORMS",
    "KINDS",
    "write_indicators_template",
    "write_posts_template",
    "write_survey_templates",
    "write_templates",
    "write_territories_template",
]
