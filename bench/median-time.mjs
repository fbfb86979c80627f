/** The median time of so many rounds of `work`, ms; one round before them warms up. */
export async function medianTime(rounds, work) {
  const times = [];
  for (let round = 0; round <= rounds; round += 1) {
    const started = performance.now();
    await work();
    if (round > 0) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}
