"""Vulnerable groups of the rolling needs assessments: what counts them and who knows more."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """A group that the plans name: its indicators, what stays unknown, and who could tell."""

    name: str
    why: str
    ids: tuple[str, ...]
    unknown: str
    supplier: str
    beware: str = ""


_FACTOR = (
    "A factor is noted at the end of a social care assessment. It counts assessments, not "
    "children, and only what a social worker wrote down."
)
GROUPS = (
    Group(
        "Disabled children",
        "The plan says there is no definitive figure, only some on likely numbers.",
        (
            "children_long_term_illness",
            "disability_living_allowance_0_17",
            "ehc_plans",
            "lait_sen_totstat",
            "lait_sen_totsensup",
            "dfe_factor_physical_disability_child",
            "dfe_factor_learning_disability_child",
        ),
        "how many disabled children there are, what they need, and in which districts they live",
        "the county council's disability and special needs services; the school census; the "
        "Department for Work and Pensions for claimants by district",
        "A census question, a benefit claim and a school's plan each count other children, so "
        "these numbers must not be added up.",
    ),
    Group(
        "Looked-after children",
        "The plan says that their numbers are rising, here as in England.",
        ("looked_after_children", "looked_after_3_placements", "lait_careleaversneet"),
        "how they see their care, how many come from each district, and what becomes of them later",
        "the county council (children looked-after return) and the virtual school",
    ),
    Group(
        "Young carers",
        "The plan promises better ways to find and support them.",
        ("dfe_factor_young_carer",),
        "how many young carers there are: most are known to no service",
        "the census, which asks about unpaid care by age; schools; young carers' services",
        _FACTOR + " A 0 in every year means that the heading is not used, not that there are none.",
    ),
    Group(
        "Young people not in education, employment or training (NEET)",
        "The plan wants fewer, and fewer whose activity is not known.",
        ("neet", "neet_16_17", "neet_or_not_known_16_17", "dfe_neet_nk_ehcp_percent"),
        "who they are, for how long they have been out, and in which districts they live",
        "the county council's client records of young people (NCCIS)",
        "When more young people's activity is not known, fewer are counted as NEET: read the two "
        "together.",
    ),
    Group(
        "Children in need and children on protection plans",
        "The plan wants fewer children to need protection, through earlier help.",
        ("children_in_need", "child_protection_plan_rate", "referrals_rate", "rereferrals"),
        "how many children need help and are not found; figures by district",
        "the county council (children in need census)",
        "Fewer can mean less need, earlier help, or need that is not seen.",
    ),
    Group(
        "Children who live with domestic abuse, parents' ill health or substance misuse",
        "The plan promises to find and support them together.",
        (
            "dfe_factor_domestic_abuse_parent",
            "dfe_factor_mental_health_parent",
            "dfe_factor_alcohol_misuse_parent",
            "dfe_factor_drug_misuse_parent",
        ),
        "how many children there are whom social care does not assess",
        "the police, adult mental health and substance misuse services, and the MASH",
        _FACTOR,
    ),
    Group(
        "Children at risk of sexual exploitation",
        "The plan names a partnership strategy to protect them.",
        ("dfe_factor_child_sexual_exploitation",),
        "how many are at risk: much of it stays hidden",
        "the Safeguarding Children Board and the police",
        _FACTOR,
    ),
    Group(
        "Children with emotional or mental ill health",
        "The plan promises an indicator once the CAMHS pathway is reviewed.",
        ("emotional_wellbeing", "dfe_factor_mental_health_child"),
        "how many there are, how long they wait, and whether they get better",
        "CAMHS providers and the Integrated Commissioning Hub",
        _FACTOR,
    ),
    Group(
        "Young people entering the youth justice system",
        "The plan wants fewer first time entrants.",
        ("first_time_entrants",),
        "what they needed before; figures by district",
        "the Youth Offending Service and the Police National Computer",
    ),
)


def group_ids() -> list[str]:
    """Indicators of all groups."""
    return list(dict.fromkeys(key for group in GROUPS for key in group.ids))
