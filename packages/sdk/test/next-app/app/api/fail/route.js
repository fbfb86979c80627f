export const dynamic = "force-dynamic";

export function GET() {
  throw new RangeError("out of stock");
}
