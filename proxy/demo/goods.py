"""What the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Good:
    """One piece of pottery. ``price`` is in cents; ``shape`` names a drawing, ``glaze`` its colour."""

    id: str
    name: str
    price: int
    shape: str
    glaze: str
    text: str
    film: str = ""
    """The name of a film about it, embedded from a video host."""


GOODS = {
    good.id: good
    for good in (
        Good(
            "morning-mug",
            "Morning mug",
            2400,
            "mug",
            "#5f8f86",
            "Thrown in one go, pulled handle, holds 300 ml. Warm in the hand and safe in the dishwasher.",
            film="throwing-a-mug",
        ),
        Good(
            "noodle-bowl",
            "Noodle bowl",
            3200,
            "bowl",
            "#c9734f",
            "Wide and deep, with a rest for chopsticks. Iron-red outside, cream inside.",
        ),
        Good(
            "tall-vase",
            "Tall vase",
            5800,
            "vase",
            "#5b6f9b",
            "For three branches or one very long tulip. Matt cobalt, 32 cm high.",
        ),
        Good(
            "supper-plate",
            "Supper plate",
            2900,
            "plate",
            "#d2a24c",
            "26 cm across, a low rim, ochre. Stacks well; a set of six is a tower to be proud of.",
        ),
        Good(
            "rain-teapot",
            "Rain teapot",
            7400,
            "teapot",
            "#7d8c5c",
            "Does not drip. It took four years to be able to write that sentence.",
            film="the-spout",
        ),
        Good(
            "herb-planter",
            "Herb planter",
            3600,
            "planter",
            "#a8617a",
            "Unglazed inside so that roots can breathe. With a saucer.",
        ),
    )
}
"""By id, in the order of the shop window."""


def euros(cents: int) -> str:
    """A price as the shop writes it."""
    return f"€ {cents // 100}.{cents % 100:02}"
