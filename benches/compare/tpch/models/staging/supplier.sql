select * from {{ source('files', 'supplier') }}
