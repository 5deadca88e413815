import { lazy, Suspense, useEffect, useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { LibraryFileView } from '../../src/admin/library-routes.ts';
import { queryOf } from '../api.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Confirm, Dialog } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { ChoiceField, DayField, TextField } from '../parts/fields.tsx';
import { dayBounds, Filter, type FilterValues } from '../parts/filter.tsx';
import { hereOf } from '../parts/media-link.ts';
import { Pager } from '../parts/pager.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Nothing, Shown, Waiting } from '../parts/states.tsx';
import { changeQuery, placeOf, type Place } from '../route.ts';
import { useIsOperator } from '../session.tsx';
import { ExpiryDialog } from './expiry.tsx';
import './together.css';
import { VerifyDialog } from './verify.tsx';

const Player = lazy(async () => ({ default: (await import('../parts/player.tsx')).Player }));

const pageSize = 50;
/** More are not counted. */
const mostCounted = 5000;

interface FilePage {
  readonly items: readonly LibraryFileView[];
  readonly total: number;
}

type Wish = { readonly kind: 'play' | 'verify' | 'expiry' | 'delete'; readonly file: LibraryFileView };

const TogetherPage = lazy(async () => ({ default: (await import('./together.tsx')).TogetherPage }));

/** Finished files, or those of one task played together where the place says so. */
export function LibraryPage({ place }: { readonly place: Place }) {
  const [, way, taskId] = place.parts;
  if (way !== 'together' || taskId === undefined) return <FileList place={place} />;
  return (
    <Suspense fallback={<Waiting />}>
      <TogetherPage taskId={taskId} />
    </Suspense>
  );
}

function FileList({ place }: { readonly place: Place }) {
  const { t } = useLanguage();
  const { number } = useFormat();
  const values = Object.fromEntries(place.query);
  const [page, setPage] = useState(1);
  const [wish, setWish] = useState<Wish | undefined>(undefined);
  const asked = useAsked<FilePage>(`/library/files${fileQuery(values, page)}`);
  const last = asked.data && Math.max(1, Math.ceil(asked.data.total / pageSize));
  // The last file of the last page may have been deleted.
  useEffect(() => {
    if (last !== undefined && page > last) setPage(last);
  }, [last, page]);
  const search = (next: FilterValues): void => {
    setPage(1);
    changeQuery(place, queryOf(next));
  };
  return (
    <>
      <PageTitle text={t('library.title')} />
      <FileFilter values={values} onSearch={search} />
      <Shown asked={asked}>
        {({ items, total }) => (
          <>
            {items.length === 0 && <Nothing text={t('library.empty')} hint={t('library.emptyHint')} />}
            {items.length > 0 && (
              <>
                <p className="quiet">
                  {t(total < mostCounted ? 'library.total' : 'library.totalMany', { n: number(total) })}
                </p>
                <FileTable files={items} onWish={setWish} />
              </>
            )}
            <Pager
              page={page}
              hasNext={page * pageSize < total}
              onPrevious={() => setPage(page - 1)}
              onNext={() => setPage(page + 1)}
            />
          </>
        )}
      </Shown>
      {wish && <Granted wish={wish} onClose={() => setWish(undefined)} onChanged={asked.reload} />}
    </>
  );
}

const fileQuery = ({ text, room, user, container, app, from, to }: FilterValues, page: number): string =>
  queryOf({
    text,
    room,
    user,
    container,
    app,
    from: dayBounds(from)?.begin,
    to: dayBounds(to)?.end,
    offset: (page - 1) * pageSize,
    limit: pageSize,
  });

function FileFilter(props: { readonly values: FilterValues; readonly onSearch: (values: FilterValues) => void }) {
  const { t } = useLanguage();
  const kinds = [
    { value: '', text: t('common.all') },
    ...['mp4', 'hls', 'aac'].map((kind) => ({ value: kind, text: kind.toUpperCase() })),
  ];
  return (
    <Filter {...props}>
      {(draft, change) => (
        <>
          <TextField label={t('library.text')} value={draft.text ?? ''} onChange={change('text')} />
          <TextField label={t('recordings.room')} value={draft.room ?? ''} onChange={change('room')} />
          <TextField label={t('library.user')} value={draft.user ?? ''} onChange={change('user')} />
          <ChoiceField
            label={t('library.kind')}
            value={draft.container ?? ''}
            onChange={change('container')}
            options={kinds}
          />
          <DayField label={t('library.from')} value={draft.from ?? ''} onChange={change('from')} />
          <DayField label={t('library.to')} value={draft.to ?? ''} onChange={change('to')} />
        </>
      )}
    </Filter>
  );
}

interface FileTableProps {
  readonly files: readonly LibraryFileView[];
  readonly onWish: (wish: Wish) => void;
}

function FileTable({ files, onWish }: FileTableProps) {
  const { t } = useLanguage();
  const { time, length, size } = useFormat();
  return (
    <DataTable
      caption={t('library.title')}
      rows={files}
      keyOf={({ fileId }) => fileId}
      columns={[
        { title: t('library.name'), cell: ({ name }) => name, isLong: true },
        {
          title: t('recordings.room'),
          cell: ({ room, taskId }) => <a href={placeOf('recordings', taskId)}>{room.id}</a>,
          isLong: true,
        },
        { title: t('task.anchor'), cell: ({ userId }) => userId || t('task.mix'), isLong: true },
        { title: t('library.created'), cell: ({ createdMs }) => time(createdMs) },
        { title: t('task.length'), cell: ({ durationMs }) => length(durationMs) },
        { title: t('task.size'), cell: ({ sizeBytes }) => size(sizeBytes) },
        {
          title: t('library.expires'),
          cell: ({ expiresMs }) => (expiresMs === null ? t('common.never') : time(expiresMs)),
        },
        { title: t('common.actions'), cell: (file) => <FileActions file={file} onWish={onWish} /> },
      ]}
    />
  );
}

function FileActions({ file, onWish }: { readonly file: LibraryFileView } & Pick<FileTableProps, 'onWish'>) {
  const { t } = useLanguage();
  const isOperator = useIsOperator();
  return (
    <span className="buttons">
      <Button size="small" theme="primary" onClick={() => onWish({ kind: 'play', file })}>
        {t('library.play')}
      </Button>
      <a className="button" {...downloadOf(file)}>
        {t('library.download')}
      </a>
      <Button size="small" variant="outline" onClick={() => onWish({ kind: 'verify', file })}>
        {t('verify.verify')}
      </Button>
      {file.userId !== '' && (
        <a className="button" href={placeOf('library', 'together', file.taskId)}>
          {t('together.open')}
        </a>
      )}
      {isOperator && (
        <>
          <Button size="small" variant="outline" onClick={() => onWish({ kind: 'expiry', file })}>
            {t('library.setExpiry')}
          </Button>
          <Button size="small" variant="outline" theme="danger" onClick={() => onWish({ kind: 'delete', file })}>
            {t('library.delete')}
          </Button>
        </>
      )}
    </span>
  );
}

/** HLS comes as one file: its playlist with the segments. */
const downloadOf = ({ container, fileId, name, url }: LibraryFileView) =>
  container === 'hls'
    ? { href: `/admin/v1/library/files/${encodeURIComponent(fileId)}/archive`, download: name.replace(/m3u8$/, 'zip') }
    : { href: hereOf(url), download: name };

interface GrantedProps {
  readonly wish: Wish;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

function Granted({ wish: { kind, file }, onClose, onChanged }: GrantedProps) {
  const { t } = useLanguage();
  const { run } = useDoing(onChanged);
  if (kind === 'play') {
    return (
      <Dialog title={t('library.playOf', { name: file.name })} onClose={onClose} isWide>
        <Suspense fallback={<Waiting />}>
          <Player url={hereOf(file.url)} container={file.container} />
        </Suspense>
      </Dialog>
    );
  }
  if (kind === 'verify') {
    return <VerifyDialog taskId={file.taskId} fileId={file.fileId} name={file.name} onClose={onClose} />;
  }
  if (kind === 'expiry') return <ExpiryDialog file={file} onClose={onClose} onChanged={onChanged} />;
  const path = `/library/files/${encodeURIComponent(file.fileId)}`;
  return (
    <Confirm
      text={t('library.deleteAsk', { name: file.name })}
      action={t('library.delete')}
      onConfirm={() => run({ method: 'DELETE', path, done: t('library.deleted') })}
      onClose={onClose}
    />
  );
}
