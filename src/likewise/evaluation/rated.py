"""Rated pairs of sentences, for a quick check of a model.

The scale: 0: unrelated; 1: the same topic; 2: much in common; 3: the same except for something
important; 4: the same except for a detail; 5: the same meaning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RatedPair:
    """Two sentences with a rating of their similarity.

    Attributes:
        first: one sentence.
        second: the other sentence.
        rating: 0 to 5.
    """

    first: str
    second: str
    rating: float


RATED_PAIRS: tuple[RatedPair, ...] = tuple(
    RatedPair(first, second, rating)
    for first, second, rating in (
        ("The baker opens her shop at six.", "At six o'clock the baker's shop opens.", 5),
        ("He repaired the bicycle in an hour.", "It took him an hour to fix the bike.", 5),
        ("Nobody answered the telephone.", "The phone rang, but no one picked it up.", 4.5),
        ("The lake froze over last night.", "Overnight, ice covered the lake.", 5),
        ("She is afraid of spiders.", "Spiders frighten her.", 5),
        ("The museum is closed on Mondays.", "On Mondays you cannot visit the museum.", 5),
        ("They adopted a puppy from the shelter.", "The family took in a young dog.", 4),
        ("The soup is too salty.", "There is too much salt in this soup.", 5),
        ("Our train was cancelled because of the storm.", "The storm stopped our train.", 4.5),
        ("The child drew a red house.", "A kid made a drawing of a house in red.", 4.8),
        ("Sales doubled within two years.", "In two years, twice as much was sold.", 4.8),
        ("I forgot my umbrella on the bus.", "My umbrella is still on the bus.", 4.2),
        ("The lawyer read the contract twice.", "The contract was read by a lawyer.", 4),
        ("The battery lasts ten hours.", "The battery lasts about eight hours.", 3.2),
        ("A man is chopping wood.", "A man is stacking wood.", 2.8),
        ("The train to Vienna leaves at noon.", "The train from Vienna arrives at noon.", 2.8),
        ("She teaches chemistry at a school.", "She teaches physics at a university.", 2.6),
        ("Two boys are kicking a ball.", "Two girls are throwing a ball.", 2.5),
        ("The door was left open.", "The door was shut.", 2.4),
        ("The vaccine protects against measles.", "The vaccine does not prevent measles.", 2.6),
        ("He bought a used car.", "He sold his old car.", 2.5),
        ("The cat is asleep under the table.", "The cat is eating under the table.", 2.8),
        ("We rented a cottage by the sea.", "We rented a flat in the city.", 2.2),
        ("Coffee keeps me awake.", "I drink tea before going to bed.", 1.5),
        ("The mayor opened the new bridge.", "The bridge was closed for repairs.", 1.8),
        ("A woman plays the cello.", "A woman plays chess.", 1.5),
        ("The team won the final.", "The team lost the final on penalties.", 2.4),
        ("Rice is boiling on the stove.", "Potatoes are roasting in the oven.", 1.6),
        ("The plane landed safely.", "The pilot is waiting for his luggage.", 1.3),
        ("Rents in the city keep rising.", "House prices fell in the countryside.", 1.6),
        ("The nurse changed the bandage.", "The doctor wrote a prescription.", 1.4),
        ("He swims every morning.", "He runs a marathon once a year.", 1.4),
        ("The laptop needs an update.", "The printer is out of paper.", 1.2),
        ("Bees gather nectar from flowers.", "Ants carry leaves to their nest.", 1.3),
        ("The judge postponed the trial.", "The witness lied to the police.", 1.2),
        ("The orchestra tuned its instruments.", "The audience applauded the singer.", 1.3),
        ("Snow is expected in the mountains.", "The desert saw its hottest day.", 1),
        ("She baked a cake for his birthday.", "They wrapped the birthday presents.", 1.5),
        ("The river flooded the fields.", "Farmers sow wheat in autumn.", 0.9),
        ("The dentist pulled a tooth.", "The barber trimmed his beard.", 0.6),
        ("The company hired fifty people.", "The firm dismissed its chairman.", 1.3),
        ("A dog is digging in the sand.", "A horse is grazing in a meadow.", 0.9),
        ("The moon is full tonight.", "The invoice is due on Friday.", 0),
        ("He is learning Portuguese.", "The roof leaks when it rains.", 0),
        ("The recipe calls for three eggs.", "The election was decided by a few votes.", 0),
        ("A guitar hangs on the wall.", "Vaccines are kept in a refrigerator.", 0),
        ("The elevator is out of order.", "Penguins cannot fly.", 0),
        ("She signed the petition.", "Granite is harder than marble.", 0),
        ("The ferry crosses the strait.", "My password has expired.", 0),
        ("The garden needs water.", "The actor forgot his lines.", 0.1),
        ("Wool keeps you warm.", "The committee meets on Tuesday.", 0),
        ("He plays cards with his uncle.", "The satellite left its orbit.", 0),
        ("The cheese smells strong.", "Traffic was diverted through the village.", 0),
        ("The library lends films too.", "You can also borrow films from the library.", 4.9),
        ("Prices went up by three percent.", "Prices rose 3%.", 5),
        ("How can I delete my account?", "What do I have to do to close my account?", 4.8),
        ("Is breakfast included?", "Does the price cover breakfast?", 4.7),
        ("Is breakfast included?", "What time is breakfast served?", 2.2),
        ("How can I delete my account?", "How can I open an account?", 2.4),
        ("The parcel never arrived.", "I still have not received the package.", 4.6),
    )
)
"""Written for this project; too few for small differences in the score to be significant."""
