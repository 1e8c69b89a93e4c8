"""Where Django looks for the back office: one file for each service, jobs and the timetable."""

from api.backoffice import (  # noqa: F401  (importing them registers their pages)
    accounts,
    catalog,
    customers,
    inventory,
    jobs,
    notifications,
    orders,
    payments,
    timetable,
)
