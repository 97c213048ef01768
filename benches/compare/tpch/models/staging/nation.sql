select * from {{ source('files', 'nation') }}
