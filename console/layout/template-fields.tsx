import type { LayoutParams } from '../../src/api/recording/layout-params.ts';
import type { LayoutCompat } from '../../src/api/recording/layout-plan.ts';
import { useLanguage } from '../language.tsx';
import { ChoiceField } from '../parts/fields.tsx';
import { SizeFields, type FieldsProps } from './canvas-fields.tsx';
import { mediaChoices, modeChoices, renderChoices } from './choices.ts';
import { withMode } from './design.ts';
import { CheckField, Group, LineField, SliderField } from './inputs.tsx';
import type { Scene } from './scene.ts';

/** The mode, its own settings, and who is there. */
export function TemplateFields({ design, compat, onChange }: FieldsProps & { readonly compat: LayoutCompat }) {
  const { t } = useLanguage();
  const { layout, scene } = design;
  const mode = layout.MixLayoutMode;
  const set = (change: Partial<LayoutParams>): void => onChange({ ...design, layout: { ...layout, ...change } });
  const people = (change: Partial<Scene>): void => onChange({ ...design, scene: { ...scene, ...change } });
  return (
    <Group title={t('layout.template')}>
      <ChoiceField
        label={t('layout.mode')}
        value={String(mode)}
        options={modeChoices(t)}
        onChange={(value) => onChange(withMode(design, Number(value), compat))}
      />
      <SizeFields design={design} onChange={onChange} />
      <SliderField
        label={t('layout.count')}
        value={scene.count}
        min={1}
        max={25}
        onChange={(count) => people({ count })}
      />
      <SliderField
        label={t('layout.heardCount')}
        value={scene.heard}
        min={0}
        max={25}
        onChange={(heard) => people({ heard })}
      />
      {mode <= 2 && <BigFields design={design} onChange={onChange} />}
      {mode <= 3 && (
        <>
          <ChoiceField
            label={t('layout.renderMode')}
            value={String(layout.RenderMode ?? 1)}
            options={renderChoices(t)}
            onChange={(value) => set({ RenderMode: Number(value) })}
          />
          <CheckField
            label={t('layout.noHeard')}
            isOn={layout.PureAudioDisableLayout ?? false}
            onChange={(PureAudioDisableLayout) => set({ PureAudioDisableLayout })}
          />
        </>
      )}
    </Group>
  );
}

/** Whose picture is the big one. */
function BigFields({ design, onChange }: FieldsProps) {
  const { t } = useLanguage();
  const { layout, scene } = design;
  const set = (change: Partial<LayoutParams>): void => onChange({ ...design, layout: { ...layout, ...change } });
  const names = Array.from({ length: scene.count }, (_, i) => `user${i + 1}`);
  return (
    <>
      <LineField
        label={t('layout.big')}
        value={layout.MaxResolutionUserId ?? ''}
        names={names}
        onChange={(MaxResolutionUserId) => set({ MaxResolutionUserId })}
      />
      {layout.MaxResolutionUserId && (
        <>
          <ChoiceField
            label={t('layout.bigMedia')}
            value={String(layout.MediaId ?? 0)}
            options={mediaChoices(t)}
            onChange={(value) => set({ MediaId: Number(value) })}
          />
          <CheckField
            label={t('layout.bigAway')}
            isOn={scene.bigAway}
            onChange={(bigAway) => onChange({ ...design, scene: { ...scene, bigAway } })}
          />
        </>
      )}
      {layout.MixLayoutMode === 2 && (
        <ChoiceField
          label={t('layout.align')}
          value={String(layout.MaxResolutionUserAlign ?? 0)}
          options={[
            { value: '0', text: t('layout.align.0') },
            { value: '1', text: t('layout.align.1') },
          ]}
          onChange={(value) => set({ MaxResolutionUserAlign: Number(value) })}
        />
      )}
    </>
  );
}
