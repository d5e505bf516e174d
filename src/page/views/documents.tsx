import { linkTo } from '../model/route.ts'
import { DocumentList } from '../parts/document-list.tsx'
import { Empty } from '../parts/figures.tsx'
import { route } from '../state.ts'
import { Document } from './document.tsx'

export const Documents = () => {
  const { of } = route.value
  return (
    <div class={`split ${of === undefined ? 'split-list' : 'split-one'}`}>
      <DocumentList chosen={of} />
      {of === undefined ? (
        <div class="document-none">
          <h1>Documents</h1>
          <Empty title="Choose a document">
            <p>
              Its text as it is being written, and as it was at any moment. What is being written right now is under{' '}
              <a href={linkTo('now')}>Now</a>.
            </p>
          </Empty>
        </div>
      ) : (
        <Document key={of} uri={of} />
      )}
    </div>
  )
}
