import { headers } from 'next/headers';
import Script from 'next/script';
import { GoogleTagManager } from '@next/third-parties/google';

export const metadata = { title: 'Shop', description: 'Two pages with two ways of asking for Google' };
const TAG = `window.dataLayer = window.dataLayer || [];
function gtag(){dataLayer.push(arguments)}
gtag('js', new Date()); gtag('config', 'G-SHOP1');`;

export default async function Layout({ children }) {
  const nonce = (await headers()).get('x-nonce') ?? undefined;
  return (
    <html lang="en">
      <body>
        {children}
        <Script src="https://www.googletagmanager.com/gtag/js?id=G-SHOP1" strategy="afterInteractive" nonce={nonce} />
        <Script id="tag" strategy="afterInteractive" nonce={nonce}>
          {TAG}
        </Script>
        <GoogleTagManager gtmId="GTM-SHOP1" nonce={nonce} />
      </body>
    </html>
  );
}
