import Link from 'next/link';
import { add } from '../actions';

export const dynamic = 'force-dynamic';

export default async function Basket({ searchParams }) {
  const { added } = await searchParams;
  return (
    <main>
      <h1>Basket</h1>
      <form action={add}>
        <input name="what" defaultValue="tea" />
        <button id="add">add</button>
      </form>
      <p id="added">{added ?? 'nothing'}</p>
      <Link id="back" href="/">
        Back
      </Link>
    </main>
  );
}
