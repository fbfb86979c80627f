export const dynamic = "force-dynamic";

export function GET() {
  return new Response(new Blob(["x".repeat(100_000)]).stream());
}
