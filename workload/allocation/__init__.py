"""Posts at constant total: instance, rules, solver, independent check, justification."""
