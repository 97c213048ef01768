select * from {{ source('files', 'lineitem') }}
