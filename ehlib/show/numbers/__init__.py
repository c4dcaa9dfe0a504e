"""Numbers of tables, each with the id under which `ehlib trace` finds where it comes from."""

from ehlib.show.numbers.ids import marked as marked
from ehlib.show.numbers.ids import number_ids as number_ids
from ehlib.show.numbers.ids import unmarked as unmarked
from ehlib.show.numbers.ids import with_ids as with_ids
