import type { ReactNode } from 'react';

/** A page's heading, which gets the focus when the page is opened, and what can be done beside it. */
export function PageTitle({ text, children }: { readonly text: string; readonly children?: ReactNode }) {
  return (
    <div className="page-title">
      <h1 tabIndex={-1}>{text}</h1>
      <span className="buttons">{children}</span>
    </div>
  );
}
