'use client';

import { useState } from 'react';
import { sendGTMEvent } from '@next/third-parties/google';
import { said } from './actions';

export default function Counter() {
  const [count, setCount] = useState(0);
  const [word, setWord] = useState('');
  return (
    <>
      <button
        id="count"
        style={{ color: count ? 'rgb(0, 100, 0)' : undefined }}
        onClick={() => {
          setCount(count + 1);
          sendGTMEvent({ event: 'counted', value: count });
          window.gtag('event', 'counted');
        }}
      >
        {count}
      </button>
      <button id="ask" onClick={async () => setWord(await said('hello'))}>
        ask
      </button>
      <p id="said">{word}</p>
    </>
  );
}
