export const dynamic = "force-dynamic";

export async function GET() {
  return new Response(await (await fetch(process.env.CALLED)).text());
}
