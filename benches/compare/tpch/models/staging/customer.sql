select * from {{ source('files', 'customer') }}
