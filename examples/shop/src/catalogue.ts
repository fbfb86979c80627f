/** What the shop sells. Prices are in cents; `icon` is a drawing of 48 by 48 units. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  readonly cents: number;
  readonly text: string;
}

export const categories = ["Deck", "Navigation", "Clothing", "Galley"] as const;

export const products: readonly Product[] = [
  {
    id: 1,
    name: "Storm lantern",
    category: "Deck",
    cents: 4_900,
    text: "Burns twenty hours on one filling and stays lit in a gale. Galvanised steel, glass you can replace.",
  },
  {
    id: 2,
    name: "Brass compass",
    category: "Navigation",
    cents: 8_900,
    text: "Liquid-damped, gimballed, and good to one degree. Ages better than its owner.",
  },
  {
    id: 3,
    name: "Manila rope, 20 m",
    category: "Deck",
    cents: 3_200,
    text: "Four strands, laid by hand. Smells of every harbour you have been to.",
  },
  {
    id: 4,
    name: "Oilskin coat",
    category: "Clothing",
    cents: 18_900,
    text: "Waxed cotton, storm flap, pockets deep enough for a thermos.",
  },
  {
    id: 5,
    name: "Watch cap",
    category: "Clothing",
    cents: 2_400,
    text: "Merino, ribbed, and long enough to fold over the ears at four in the morning.",
  },
  {
    id: 6,
    name: "Enamel mug",
    category: "Galley",
    cents: 1_400,
    text: "Holds half a litre of anything hot. Falls without consequences.",
  },
  {
    id: 7,
    name: "Signal flags",
    category: "Navigation",
    cents: 7_600,
    text: "The full alphabet in sewn polyester, with a rolled canvas pouch.",
  },
  {
    id: 8,
    name: "Deck brush",
    category: "Deck",
    cents: 1_900,
    text: "Stiff palm fibre on beech. The answer to most questions on board.",
  },
  {
    id: 9,
    name: "Folding anchor",
    category: "Deck",
    cents: 5_400,
    text: "Three and a half kilograms that fold into a locker and hold a dinghy in sand.",
  },
  {
    id: 10,
    name: "Tide clock",
    category: "Navigation",
    cents: 6_800,
    text: "One hand, twelve hours and twenty-five minutes. Set it once at high water.",
  },
  {
    id: 11,
    name: "Dry bag, 30 l",
    category: "Deck",
    cents: 4_200,
    text: "Roll it three times, clip it, throw it in. What is inside stays as it was.",
  },
  {
    id: 12,
    name: "Kettle",
    category: "Galley",
    cents: 3_900,
    text: "Wide base, low centre, a lid that does not leave. Whistles in F sharp.",
  },
];
