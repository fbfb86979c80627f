/**
 * Neumaier's compensated sum, with Prometheus's treatment of infinities. The state is in fields so
 * that inner loops allocate nothing; the total is `sum + compensation`.
 */
export class KahanSum {
  sum = 0;
  compensation = 0;

  reset(sum = 0, compensation = 0): void {
    this.sum = sum;
    this.compensation = compensation;
  }

  add(value: number): void {
    const { sum } = this;
    const total = sum + value;
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) {
      this.compensation = 0;
    } else if (Math.abs(sum) >= Math.abs(value)) this.compensation += sum - total + value;
    else this.compensation += value - total + sum;
    this.sum = total;
  }

  get total(): number {
    return this.sum + this.compensation;
  }
}
