import { Suspense } from 'react';
import Link from 'next/link';
import Counter from './counter';

export const dynamic = 'force-dynamic';

async function Slow() {
  await new Promise((done) => setTimeout(done, 500));
  return <p id="slow">came later</p>;
}

export default function Home() {
  return (
    <main>
      <h1>Shop</h1>
      <Link id="on" href="/basket">
        Basket
      </Link>
      <Counter />
      <Suspense fallback={<p>loading</p>}>
        <Slow />
      </Suspense>
    </main>
  );
}
