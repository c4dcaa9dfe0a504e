"""Pages that give an account of the data that is held."""

from ehlib.show.accounts.changes import restated_note as restated_note
from ehlib.show.accounts.changes import show_changes as show_changes
from ehlib.show.accounts.coverage import coverage_table as coverage_table
from ehlib.show.accounts.coverage import freshness_table as freshness_table
from ehlib.show.accounts.coverage import show_coverage as show_coverage
from ehlib.show.accounts.coverage import show_freshness as show_freshness
from ehlib.show.accounts.quality import files_table as files_table
from ehlib.show.accounts.quality import quality_context as quality_context
from ehlib.show.accounts.quality import quality_findings as quality_findings
from ehlib.show.accounts.quality import show_faults as show_faults
from ehlib.show.accounts.quality import show_left_out as show_left_out
