"""Gap between a group of pupils and its peers."""

import math

from anew.counted import figure, limits
from anew.known import Known, UnknownIdError
from anew.series import less

KS2 = "dfe_key_stage_2_pt_rwm_met_expected_standard"
PEERS = {  # where the peers' indicator is not named after the group's
    KS2: "lait_ks2rwm_expected_std",
    "lait_lac_ks2_expstd_rwm": "lait_ks2rwm_expected_std",
    "lait_lac_ks4_avg_attain8": "lait_avg_attain8_score",
    "lait_new_ks2_rwm_sen_w_osta": "lait_noid_sen_new_ks2_rwm",
    "lait_new_ks2_rwm_sen_withsta": "lait_noid_sen_new_ks2_rwm",
    "lait_sen_wostat_avg_attain8_score": "lait_sen_noid_avg_attain8_score",
    "lait_sen_stat_avg_attain8_score": "lait_sen_noid_avg_attain8_score",
}
KNOWN = {"lait_ks2rwm_expected_std"}  # all pupils beside a few dozen: taken as without error


def gap(key: str, known: Known) -> list[float]:
    """The peers' figure less the group's, with limits where both sides have them."""
    group, *others = key.split(".")
    stem, _, kind = group.rpartition("_")
    named = PEERS.get(group, f"{stem}_not_{kind}")
    peers = ".".join([named, *others[:4]])
    if peers not in known.rows:
        raise UnknownIdError(f"no figure of the peers of {key!r} is held")
    value, low, high = _result(peers, known)
    if named in KNOWN and math.isnan(low):
        low = high = value
    return less((value, low, high), _result(key, known))


def _result(key: str, known: Known) -> tuple[float, float, float]:
    """Figure of a key; a percentage from its counts, where it was published rounded with them."""
    row, found = known.row(key), figure(key, known)
    base = row["denominator"]
    if not key.startswith(KS2) or math.isnan(row["numerator"]) or not base > 0:
        return found
    share = row["numerator"] / base
    return tuple(100 * each for each in (share, *limits(row["numerator"], base, "proportion")))
