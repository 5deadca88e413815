import { createRoot } from 'react-dom/client';
import 'tdesign-react/es/style/index.css';
import { Console } from './console.tsx';
import { LanguageProvider } from './language.tsx';
import { NoticeProvider } from './parts/notice.tsx';
import './console.css';
import './layout/layout-picture.css';

createRoot(document.querySelector('#console')!).render(
  <LanguageProvider>
    <NoticeProvider>
      <Console />
    </NoticeProvider>
  </LanguageProvider>,
);
