'use server';

import { redirect } from 'next/navigation';

export async function said(word) {
  return `the server says ${word}`;
}

export async function add(form) {
  redirect(`/basket?added=${encodeURIComponent(form.get('what'))}`);
}
