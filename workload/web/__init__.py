"""The service: a JSON API and pages for managers, the HR direction, staff representatives and the administration."""
