export const dynamic = "force-dynamic";

export default function Page() {
  throw new EvalError("the page is broken");
}
