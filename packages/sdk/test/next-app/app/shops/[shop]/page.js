export default async function Page({ params }) {
  const { shop } = await params;
  return `shop ${shop}`;
}
